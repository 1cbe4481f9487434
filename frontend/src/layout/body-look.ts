/** The look of every page's body, whatever its root layout. */
export const BODY_LOOK = 'flex min-h-dvh flex-col bg-canvas text-ink antialiased';
