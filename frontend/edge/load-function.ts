import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';

/** A request as CloudFront Functions get and return it. */
export interface EdgeRequest {
  method: string;
  uri: string;
  querystring: Record<string, { value: string; multiValue?: { value: string }[] }>;
  headers: Record<string, { value: string }>;
}

/** An answer that a CloudFront Function gives by itself. */
export interface EdgeResponse {
  statusCode: number;
  headers: Record<string, { value: string }>;
  body?: { encoding: string; data: string };
}

/** Loads a CloudFront Function as the service does: the file's text, which defines handler, and nothing else around. */
export function loadFunction(name: string): (event: { request: EdgeRequest }) => EdgeRequest | EdgeResponse {
  const source = readFileSync(join(import.meta.dirname, name), 'utf8');
  return runInNewContext(`${source}\n;handler`);
}

/** Returns a GET request for a path without a query string. */
export function requestFor(uri: string, querystring: EdgeRequest['querystring'] = {}): EdgeRequest {
  return { method: 'GET', uri, querystring, headers: { host: { value: 'miyabi.example' } } };
}
