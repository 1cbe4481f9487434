import type { NextConfig } from 'next';
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants.js';
import { PathFreeModuleIds } from './scripts/path-free-module-ids.mjs';
import { sourceHash } from './scripts/source-hash.mjs';

const shared: NextConfig = {
  experimental: { globalNotFound: true },
  outputFileTracingRoot: import.meta.dirname,
  poweredByHeader: false,
  reactStrictMode: true,
  trailingSlash: true,
};

/** The release: a static export. The same sources give the same bytes, wherever and whenever it is built. */
const release: NextConfig = {
  ...shared,
  generateBuildId: () => sourceHash(import.meta.dirname),
  output: 'export',
  webpack: (webpackConfig) => {
    webpackConfig.plugins.push(new PathFreeModuleIds(import.meta.dirname));
    return webpackConfig;
  },
};

/**
 * `npm run dev`: the pages with hot reload, in front of a running local cloud.
 *
 * LOCAL_URL names that cloud (`make url` prints it). The placeholder rewrite does what edge/viewer-request.js does in
 * the release. Cookies do not know ports, so a sign-in that ends on the cloud's port holds on this one too.
 */
function development(cloud: string): NextConfig {
  return {
    ...shared,
    rewrites: async () => ({
      beforeFiles: [
        { source: '/:locale(en|ja)/organizations/:organization/tasks', destination: '/:locale/organizations/_/tasks' },
        { source: '/api/:path*', destination: `${cloud}/api/:path*` },
        { source: '/auth/:path*', destination: `${cloud}/auth/:path*` },
      ],
    }),
    // The API's addresses end without a slash.
    skipTrailingSlashRedirect: true,
  };
}

export default function config(phase: string): NextConfig {
  if (phase !== PHASE_DEVELOPMENT_SERVER) return release;
  const cloud = process.env.LOCAL_URL;
  if (!cloud) throw new Error('LOCAL_URL is not set: run `make up`, then `LOCAL_URL=$(make -s url) npm run dev`');
  return development(cloud.replace(/\/$/, ''));
}
