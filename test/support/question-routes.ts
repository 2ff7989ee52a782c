/** Routes that are asked with a body, and change nothing. */
export const questionRoutes: readonly string[] = ['/api/v1/anomalies/backtest', '/v1/anomalies/backtest'];
