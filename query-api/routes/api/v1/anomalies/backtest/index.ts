import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { BacktestBodySchema, BacktestSchema } from '../../../../../../schemas/api/backtest.ts';
import { backtest } from '../../../../../anomalies/backtest.ts';

export default async function backtests(app: HttpServer): Promise<void> {
  app.post(
    '/',
    {
      config: { permission: 'query', family: 'A', extension: true },
      schema: {
        tags: ['Anomalies'],
        summary: 'Judge the past of a series by other parameters',
        description:
          'Folds the minutes of one series through the code that watches it, with the present parameters and with the given ones, and says which anomalies one finds and the other does not. Nothing is stored. Maintenance is not taken into account, and late events are where they belong, so what was told live may differ.',
        body: BacktestBodySchema,
        response: { 200: BacktestSchema },
      },
    },
    ({ principal, body, signal }) => backtest(app.deps, { principal, body, signal }),
  );
}
