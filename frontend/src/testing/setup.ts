import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';

vi.mock('next/navigation', () => import('./navigation'));

beforeEach(() => {
  localStorage.clear();
  window.history.replaceState(null, '', '/en/organizations/');
});

afterEach(cleanup);

// jsdom knows the <dialog> element but cannot open it.
HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
  this.open = true;
};
HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
  this.open = false;
  this.dispatchEvent(new Event('close'));
};
