import { readFileSync } from 'node:fs';
import { screen } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import { renderPage } from '@/testing/render-page';
import { Front } from './front';
import { Landing } from './landing';
import { SIGN_IN_ERRORS } from './sign-in-error';

describe('Landing', () => {
  it('signs in and leads to the organizations in its language', () => {
    renderPage(<Landing />, 'ja');
    expect(screen.getByRole('link', { name: 'GitHub でサインイン' })).toHaveAttribute(
      'href',
      '/auth/login?redirect=%2Fja%2Forganizations%2F',
    );
  });

  it('leads on a person who is signed in already', () => {
    localStorage.setItem('miyabi.signed-in', 'yes');
    renderPage(<Landing />);
    expect(screen.getByRole('link', { name: 'Continue to your organizations' })).toHaveAttribute(
      'href',
      '/en/organizations/',
    );
  });

  it.each([
    ['sign_in_expired', /longer than ten minutes/],
    ['something_new', /Code: something_new/],
  ])('says in words what error=%s means', (code, words) => {
    window.history.replaceState(null, '', `/en/?error=${code}`);
    renderPage(<Landing />);
    expect(screen.getByRole('alert')).toHaveTextContent(words);
  });

  it('names the request that failed, for those who look it up in the logs', () => {
    window.history.replaceState(null, '', '/en/?error=unavailable&request=Mv7hvnFk');
    renderPage(<Landing />);
    expect(screen.getByRole('alert')).toHaveTextContent('Request Mv7hvnFk');
  });

  it('has words for every code that the sign-in knows, and for no other', () => {
    const flow = readFileSync('../functions/internal/signin/flow.go', 'utf8');
    const codes = [...flow.matchAll(/^\tcode\w+ = "(\w+)"$/gm)].map(([, code]) => code);
    expect(codes.sort()).toEqual([...SIGN_IN_ERRORS].sort());
  });

  it('links to the same page in the other language', () => {
    window.history.replaceState(null, '', '/en/?error=unavailable');
    renderPage(<Landing />);
    expect(screen.getByRole('link', { name: '日本語' })).toHaveAttribute('href', '/ja/?error=unavailable');
    expect(screen.getByRole('link', { name: 'English' })).toHaveAttribute('aria-current', 'true');
  });
});

describe('Front', () => {
  const words = {
    en: { heading: 'Know', description: 'd', signIn: 'Sign in' },
    ja: { heading: '今', description: 'd', signIn: 'サインイン' },
  };
  const headings = () => screen.getAllByRole('heading', { level: 2 }).map((heading) => heading.textContent);

  it("puts the browser's language first", () => {
    vi.stubGlobal('navigator', { languages: ['ja-JP', 'en'] });
    renderPage(<Front words={words} />);
    expect(headings()).toEqual(['今', 'Know']);
  });

  it('puts the language that the reader chose before that', () => {
    localStorage.setItem('miyabi.locale', 'en');
    vi.stubGlobal('navigator', { languages: ['ja-JP', 'en'] });
    renderPage(<Front words={words} />);
    expect(headings()).toEqual(['Know', '今']);
  });
});
