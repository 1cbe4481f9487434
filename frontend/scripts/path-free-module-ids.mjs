import { createHash } from 'node:crypto';

const NAME = 'PathFreeModuleIds';

/**
 * Returns the id of a module whose identifier carries an absolute path inside a URL-encoded loader query, or undefined
 * where it carries none: then webpack's own deterministic id does not depend on the checkout's folder.
 *
 * @param {string} identifier what webpack calls the module
 * @param {string} root the folder that must not count
 * @returns {number | undefined}
 */
export function pathFreeId(identifier, root) {
  const encoded = encodeURIComponent(root);
  if (!identifier.includes(encoded)) return undefined;
  const relative = identifier.replaceAll(encoded, '').replaceAll(root, '');
  return Number.parseInt(createHash('sha256').update(relative).digest('hex').slice(0, 8), 16);
}

/**
 * A webpack plugin that makes a build independent of the folder it runs in.
 *
 * Next.js joins the client parts of a page in virtual modules whose names hold the absolute paths of these parts, and
 * webpack derives module ids, and from them the names of files, from such names. This gives those modules their ids
 * before webpack does.
 */
export class PathFreeModuleIds {
  #root;

  /** @param {string} root the folder that holds package.json */
  constructor(root) {
    this.#root = root;
  }

  /** @param {import('next/dist/compiled/webpack/webpack').webpack.Compiler} compiler */
  apply(compiler) {
    compiler.hooks.compilation.tap(NAME, (compilation) => {
      // Webpack's own plugin is at stage 0 and leaves ids that are given.
      compilation.hooks.moduleIds.tap({ name: NAME, stage: -1 }, (modules) => {
        const graph = compilation.chunkGraph;
        for (const module of modules) {
          const id = graph.getModuleId(module) === null ? pathFreeId(module.identifier(), this.#root) : undefined;
          if (id !== undefined) graph.setModuleId(module, id);
        }
      });
    });
  }
}
