import type { webpack } from 'next/dist/compiled/webpack/webpack';

/** Returns a module's id where its identifier carries root in a URL-encoded loader query. */
export function pathFreeId(identifier: string, root: string): number | undefined;

/** A webpack plugin that makes a build independent of the folder it runs in. */
export class PathFreeModuleIds {
  constructor(root: string);
  apply(compiler: webpack.Compiler): void;
}
