'use client';

import { useTranslations } from 'use-intl/react';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { useDraft } from '@/ui/draft';
import { Field, INPUT_LOOK } from '@/ui/field';
import { lengthOf } from '@/ui/form';
import { FormFailure } from '@/ui/form-failure';
import { type NewTask, TASK_PRIORITIES, type Task, type TaskPriority, useCreateTask } from './queries';

/** The limits of NewTask in docs/api/openapi.yaml, in Unicode code points. */
const LIMITS = { name: 255, description: 10_000, agent: 50 };

interface Draft {
  name: string;
  description: string;
  priority: TaskPriority;
  agent: string;
}

const BLANK: Draft = { name: '', description: '', priority: 'P2', agent: '' };

/** The dialog that creates a task in an organization (its id); onCreated gets the new one. */
export function CreateTaskDialog(props: {
  organization: string;
  open: boolean;
  onClose: () => void;
  onCreated: (created: Task) => void;
}) {
  const t = useTranslations('tasks');
  const form = useTranslations('form');
  const create = useCreateTask(props.organization);
  const { draft, checked, write, send } = useDraft(BLANK, create, props.onCreated);
  const errors = useErrors(draft);
  const shown: Partial<typeof errors> = checked ? errors : {};

  return (
    <Dialog open={props.open} onClose={props.onClose} title={t('create')}>
      <form noValidate onSubmit={(event) => send(event, errors, bodyFrom(draft))} className="flex flex-col gap-4">
        <Field label={t('fields.name')} hint={t('fields.nameHint')} error={shown.name}>
          {(ties) => (
            <input
              {...ties}
              required
              autoComplete="off"
              className={INPUT_LOOK}
              value={draft.name}
              onChange={(event) => write({ name: event.target.value })}
            />
          )}
        </Field>
        <Field label={t('fields.description')} error={shown.description} optional>
          {(ties) => (
            <textarea
              {...ties}
              rows={5}
              className={INPUT_LOOK}
              value={draft.description}
              onChange={(event) => write({ description: event.target.value })}
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('fields.priority')}>
            {(ties) => (
              <select
                {...ties}
                className={INPUT_LOOK}
                value={draft.priority}
                onChange={(event) => write({ priority: event.target.value as TaskPriority })}
              >
                {TASK_PRIORITIES.map((priority) => (
                  <option key={priority} value={priority}>
                    {`${priority} · ${t(`priority.${priority}`)}`}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t('fields.agent')} hint={t('fields.agentHint')} error={shown.agent} optional>
            {(ties) => (
              <input
                {...ties}
                autoComplete="off"
                spellCheck={false}
                className={INPUT_LOOK}
                value={draft.agent}
                onChange={(event) => write({ agent: event.target.value })}
              />
            )}
          </Field>
        </div>
        <FormFailure error={create.error} />
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

function useErrors(draft: Draft) {
  const form = useTranslations('form');
  const tooLong = (text: string, limit: number) => (lengthOf(text) > limit ? form('tooLong', { limit }) : undefined);
  return {
    name: draft.name.trim() === '' ? form('required') : tooLong(draft.name.trim(), LIMITS.name),
    description: tooLong(draft.description.trim(), LIMITS.description),
    agent: tooLong(draft.agent.trim(), LIMITS.agent),
  };
}

function bodyFrom(draft: Draft): NewTask {
  const description = draft.description.trim();
  const agent = draft.agent.trim();
  return {
    name: draft.name.trim(),
    priority: draft.priority,
    ...(description && { description }),
    ...(agent && { agent_type: agent }),
  };
}
