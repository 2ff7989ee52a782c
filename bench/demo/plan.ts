/** The sample world: three invented companies with the processes they run. Cycle times are hours. */
export interface DemoTenant {
  code: string;
  name: string;
  processes: readonly DemoProcess[];
}

export interface DemoProcess {
  capability: string;
  name: string;
  milestones: readonly string[];
  /** Cases decided in the busiest hour of a working day. */
  casesPerPeakHour: number;
  /** Of an unhurried case. */
  medianCycleHours: number;
  categories: readonly string[];
}

export interface Urgency {
  name: string;
  weight: number;
  /** Share of the process's median cycle time. */
  speed: number;
  /** SLA target as a multiple of the median of this urgency. */
  targetFactor: number;
}

export const tenants: readonly DemoTenant[] = [
  {
    code: 'ACME',
    name: 'Acme Care Partners',
    processes: [
      {
        capability: 'P2P',
        name: 'Peer-to-peer review',
        milestones: ['Requested', 'PhysicianAssigned', 'Decided'],
        casesPerPeakHour: 26,
        medianCycleHours: 20,
        categories: ['Medical', 'Surgical', 'Pharmacy'],
      },
      {
        capability: 'PA',
        name: 'Prior authorization',
        milestones: ['Received', 'ClinicalReview', 'Decided'],
        casesPerPeakHour: 34,
        medianCycleHours: 12,
        categories: ['Imaging', 'Therapy', 'Equipment'],
      },
      {
        capability: 'CLAIMS',
        name: 'Claims',
        milestones: ['Filed', 'Adjudicated', 'Paid'],
        casesPerPeakHour: 30,
        medianCycleHours: 30,
        categories: ['Inpatient', 'Outpatient'],
      },
    ],
  },
  {
    code: 'NORTHWIND',
    name: 'Northwind Freight',
    processes: [
      {
        capability: 'ORDERS',
        name: 'Order to dispatch',
        milestones: ['Placed', 'Picked', 'Dispatched'],
        casesPerPeakHour: 36,
        medianCycleHours: 6,
        categories: ['Parcel', 'Pallet'],
      },
      {
        capability: 'RETURNS',
        name: 'Returns',
        milestones: ['Announced', 'Inspected', 'Refunded'],
        casesPerPeakHour: 16,
        medianCycleHours: 40,
        categories: ['Damaged', 'Unwanted'],
      },
    ],
  },
  {
    code: 'GLOBEX',
    name: 'Globex Utilities',
    processes: [
      {
        capability: 'ONBOARDING',
        name: 'Customer onboarding',
        milestones: ['Applied', 'Verified', 'Activated'],
        casesPerPeakHour: 20,
        medianCycleHours: 16,
        categories: ['Household', 'Business'],
      },
      {
        capability: 'FAULTS',
        name: 'Fault repair',
        milestones: ['Reported', 'CrewSent', 'Restored'],
        casesPerPeakHour: 18,
        medianCycleHours: 5,
        categories: ['Power', 'Gas', 'Water'],
      },
    ],
  },
];

export const urgencies: readonly Urgency[] = [
  { name: 'Expedited', weight: 0.1, speed: 0.15, targetFactor: 3.2 },
  { name: 'Urgent', weight: 0.25, speed: 0.45, targetFactor: 3 },
  { name: 'Standard', weight: 0.65, speed: 1, targetFactor: 2.8 },
];

export const regions: readonly { weight: number; item: string }[] = [
  { weight: 4, item: 'Northeast' },
  { weight: 3, item: 'Midwest' },
  { weight: 2, item: 'South' },
  { weight: 2, item: 'West' },
];

/** SLA targets in hours by urgency. */
export function slaTargetsOf(process: DemoProcess): Record<string, number> {
  return Object.fromEntries(urgencies.map((urgency) => [urgency.name, roundHours(targetOf(process, urgency))]));
}

export function medianOf(process: DemoProcess, urgency: Urgency): number {
  return process.medianCycleHours * urgency.speed;
}

function targetOf(process: DemoProcess, urgency: Urgency): number {
  return medianOf(process, urgency) * urgency.targetFactor;
}

function roundHours(hours: number): number {
  return hours < 10 ? Math.ceil(hours * 2) / 2 : Math.ceil(hours);
}
