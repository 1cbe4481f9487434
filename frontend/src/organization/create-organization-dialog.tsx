'use client';

import { useTranslations } from 'use-intl/react';
import { Failure } from '@/api/failure';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { useDraft } from '@/ui/draft';
import { Field, INPUT_LOOK } from '@/ui/field';
import { lengthOf } from '@/ui/form';
import { FormFailure } from '@/ui/form-failure';
import { type NewOrganization, type Organization, useCreateOrganization } from './queries';
import { isSlug, slugFrom } from './slug';

const NAME_LIMIT = 100;
const DESCRIPTION_LIMIT = 2000;

interface Draft {
  name: string;
  /** Undefined until the person writes one: it follows the name. */
  slug: string | undefined;
  description: string;
}

const BLANK: Draft = { name: '', slug: undefined, description: '' };

/** The dialog that creates an organization; onCreated gets the new one. */
export function CreateOrganizationDialog(props: {
  open: boolean;
  onClose: () => void;
  onCreated: (created: Organization) => void;
}) {
  const t = useTranslations('organizations');
  const form = useTranslations('form');
  const create = useCreateOrganization();
  const { draft, checked, write, send } = useDraft(BLANK, create, props.onCreated);
  const slug = draft.slug ?? slugFrom(draft.name);
  const errors = useErrors(draft, slug, create.error);
  const shown: Partial<typeof errors> = checked ? errors : {};

  return (
    <Dialog open={props.open} onClose={props.onClose} title={t('create')}>
      <form noValidate onSubmit={(event) => send(event, errors, bodyFrom(draft, slug))} className="flex flex-col gap-4">
        <Field label={t('fields.name')} hint={t('fields.nameHint')} error={shown.name}>
          {(ties) => (
            <input
              {...ties}
              required
              autoComplete="organization"
              className={INPUT_LOOK}
              value={draft.name}
              onChange={(event) => write({ name: event.target.value })}
            />
          )}
        </Field>
        <Field label={t('fields.slug')} hint={t('fields.slugHint')} error={shown.slug} optional>
          {(ties) => (
            <input
              {...ties}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              className={`${INPUT_LOOK} font-mono`}
              value={slug}
              onChange={(event) => write({ slug: event.target.value })}
            />
          )}
        </Field>
        <Field label={t('fields.description')} error={shown.description} optional>
          {(ties) => (
            <textarea
              {...ties}
              rows={3}
              className={INPUT_LOOK}
              value={draft.description}
              onChange={(event) => write({ description: event.target.value })}
            />
          )}
        </Field>
        {!isSlugTaken(create.error) && <FormFailure error={create.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={props.onClose}>{form('cancel')}</Button>
          <Button type="submit" kind="primary" disabled={create.isPending}>
            {create.isPending ? t('creating') : t('submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function useErrors(draft: Draft, slug: string, error: Error | null) {
  const t = useTranslations('organizations.fields');
  const form = useTranslations('form');
  const tooLong = (text: string, limit: number) => (lengthOf(text) > limit ? form('tooLong', { limit }) : undefined);
  const slugError = slug !== '' && !isSlug(slug) ? t('slugInvalid') : undefined;
  return {
    name: draft.name.trim() === '' ? form('required') : tooLong(draft.name.trim(), NAME_LIMIT),
    slug: slugError ?? (isSlugTaken(error) ? t('slugTaken') : undefined),
    description: tooLong(draft.description.trim(), DESCRIPTION_LIMIT),
  };
}

/** The address is the only thing of an organization that must be unique. */
function isSlugTaken(error: Error | null): boolean {
  return error instanceof Failure && error.kind === 'conflict';
}

function bodyFrom(draft: Draft, slug: string): NewOrganization {
  const description = draft.description.trim();
  return { name: draft.name.trim(), ...(slug && { slug }), ...(description && { description }) };
}
