import { join } from 'node:path';
import { defineConfig, devices } from '@playwright/test';

const baseURL = process.env.BASE_URL;
if (!baseURL) throw new Error('BASE_URL is not set: run `make up`, then set BASE_URL to what `make url` prints');

/** Everything that a run leaves behind: the report, screenshots, and traces of what failed. */
const output = join(__dirname, '../../.build/browser');

export default defineConfig({
  testDir: '.',
  outputDir: `${output}/results`,
  reporter: [['list'], ['json', { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE || `${output}/report.json` }]],
  forbidOnly: true,
  timeout: 60_000,
  workers: 1,
  use: {
    ...devices['Desktop Chrome'],
    baseURL,
    locale: 'en-US',
    timezoneId: 'Asia/Tokyo',
    trace: 'retain-on-failure',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
