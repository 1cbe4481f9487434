import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** Two kinds of tests: those of the pages, in a browser's stead, and those of what runs outside a browser. */
export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    projects: [
      {
        extends: true,
        test: { name: 'node', environment: 'node', include: ['{edge,scripts}/**/*.test.{ts,mjs}'] },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          environment: 'jsdom',
          environmentOptions: { jsdom: { url: 'http://localhost:8080/en/organizations/' } },
          include: ['src/**/*.test.{ts,tsx}'],
          setupFiles: ['./src/testing/setup.ts'],
          // Next.js writes its setting trailingSlash into the code here.
          env: { __NEXT_TRAILING_SLASH: 'true' },
        },
      },
    ],
  },
});
