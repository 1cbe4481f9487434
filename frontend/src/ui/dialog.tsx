'use client';

import { type ReactNode, useEffect, useId, useRef } from 'react';

/**
 * A modal dialog on the browser's own <dialog>: it keeps the focus inside, closes with Escape or a press beside it, and
 * hands the focus back. Its content stays mounted while it is closed, so what was written in it is not lost.
 */
export function Dialog(props: { open: boolean; onClose: () => void; title: string; children: ReactNode }) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    if (props.open && !dialog?.open) dialog?.showModal();
    if (!props.open && dialog?.open) dialog.close();
  }, [props.open]);
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      onClose={props.onClose}
      onMouseDown={(event) => event.target === element.current && element.current?.close()}
      className="m-auto w-[min(34rem,calc(100vw-2rem))] rounded-xl border border-line bg-surface p-0 text-ink shadow-xl backdrop:bg-black/40"
    >
      <div className="p-5">
        <h2 id={titleId} className="mb-4 text-base font-semibold">
          {props.title}
        </h2>
        {props.children}
      </div>
    </dialog>
  );
}
