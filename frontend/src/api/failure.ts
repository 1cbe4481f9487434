import type { components } from './schema.gen';

/** A problem document (RFC 9457), the body of every error that the API itself answers. */
export type Problem = components['schemas']['Problem'];

/** What a failure means to the person in front of the screen; each kind has its own words. */
export type FailureKind =
  | 'unreachable'
  | 'busy'
  | 'signed-out'
  | 'forbidden'
  | 'missing'
  | 'conflict'
  | 'invalid'
  | 'unexpected';

/** A request that did not succeed. */
export class Failure extends Error {
  override readonly name = 'Failure';
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** The API's account of it; absent where a gateway or nobody answered. */
  readonly problem: Problem | undefined;
  /** Seconds that the server asked to wait before the next try (Retry-After). */
  readonly retryAfter: number | undefined;

  constructor(status: number, problem?: Problem, retryAfter?: number, cause?: unknown) {
    super(problem?.detail ?? (status === 0 ? 'no answer' : `status ${status}`), { cause });
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** What the failure means, by its status. */
  get kind(): FailureKind {
    return KINDS[this.status] ?? 'unexpected';
  }

  /** Whether the same request may succeed a little later. */
  get passing(): boolean {
    return this.kind === 'unreachable' || this.kind === 'busy';
  }

  /** Returns what the API says about one field of the body, such as `name`. */
  fieldMessage(field: string): string | undefined {
    return this.problem?.errors?.find((error) => error.field === `body.${field}`)?.message;
  }
}

const KINDS: Record<number, FailureKind> = {
  0: 'unreachable',
  400: 'invalid',
  401: 'signed-out',
  403: 'forbidden',
  404: 'missing',
  409: 'conflict',
  422: 'invalid',
  429: 'busy',
  502: 'busy',
  503: 'busy',
  504: 'busy',
};

/** Tells whether an error body is a problem document; gateways answer with bodies of their own. */
export function isProblem(body: unknown): body is Problem {
  return (
    typeof body === 'object' && body !== null && 'title' in body && 'detail' in body && typeof body.detail === 'string'
  );
}

/** Reads Retry-After in its form of seconds (RFC 9110 section 10.2.3). */
export function retryAfterOf(response: Response): number | undefined {
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
  return Number.isNaN(seconds) ? undefined : seconds;
}
