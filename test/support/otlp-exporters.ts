import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';

/** The official exporters, by the encoding they speak. */
export const exporters = {
  proto: { Metrics: ProtoMetricExporter, Logs: ProtoLogExporter, Traces: ProtoTraceExporter },
  json: { Metrics: JsonMetricExporter, Logs: JsonLogExporter, Traces: JsonTraceExporter },
};
