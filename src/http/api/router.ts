/** The routes under /api: appends and pulls of any length. Everything else is GraphQL. */
import { type RequestHandler, Router } from 'express';
import { BulkheadError } from '../../errors.ts';
import { type AppendOptions, makeAppend } from './append.ts';
import { makePull } from './pull.ts';

const refuseMethod: RequestHandler = (_request, response) => {
  response.status(405).set('Allow', 'GET, HEAD, POST');
  throw new BulkheadError('BAD_REQUEST', 'cases are pulled by GET and appended by POST');
};

/** Makes the router; it stands behind requireCaller. */
export function makeApi(options: AppendOptions): Router {
  const router = Router();
  router
    .route('/api/suites/:slug/cases')
    .get(makePull({ pool: options.pool, logger: options.logger }))
    .post(makeAppend(options))
    .put(refuseMethod)
    .patch(refuseMethod)
    .delete(refuseMethod);
  return router;
}
