import type { FastifyInstance } from 'fastify';
import { ProdworkError } from 'prodwork/errors';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { faultsOf } from '../submit/rules.ts';

/**
 * Path and query are checked against the route's schema, and refused with field and rule. Bodies are checked by the
 * readers of `submit/`, whatever content type brought them; their schemas are there for OpenAPI.
 */
export function installValidation(app: FastifyInstance): void {
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    if (httpPart !== 'querystring' && httpPart !== 'params') return () => true;
    const validator = Compile(schema);
    return (raw: unknown) => {
      const value = validator.Convert(structuredClone(raw));
      if (validator.Check(value)) return { value };
      const [fault] = faultsOf(validator.Errors(value), '');
      const { field, rule } = fault ?? { field: httpPart, rule: 'does not fit' };
      return { error: new ProdworkError('INVALID_FIELD', `${field} ${rule}.`, { field, rule }) };
    };
  });
  // Answers are plain data already; a schema of an answer is there for OpenAPI, it filters nothing.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
}
