-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- What a task needs to be worked on.
ALTER TABLE tasks
ADD COLUMN team_id uuid,
ADD COLUMN repository_id uuid,
ADD COLUMN worker_id uuid,
ADD COLUMN issue_number bigint,
ADD COLUMN max_retries bigint NOT NULL DEFAULT 3,
ADD COLUMN retry_count bigint NOT NULL DEFAULT 0,
ADD COLUMN timeout_seconds bigint NOT NULL DEFAULT 3600,
ADD COLUMN started_at timestamptz,
ADD COLUMN completed_at timestamptz,
ADD COLUMN failed_at timestamptz,
ADD COLUMN cancelled_at timestamptz,
ADD COLUMN result jsonb,
ADD COLUMN error text,
ALTER COLUMN created_at SET DEFAULT current_moment(),
ALTER COLUMN updated_at SET DEFAULT current_moment();
ALTER TABLE tasks
ADD CONSTRAINT tasks_team_fkey FOREIGN KEY (organization_id, team_id)
REFERENCES teams (organization_id, id) ON DELETE SET NULL (team_id) NOT VALID,
ADD CONSTRAINT tasks_repository_fkey FOREIGN KEY (organization_id, repository_id)
REFERENCES repositories (organization_id, id) ON DELETE SET NULL (repository_id) NOT VALID,
ADD CONSTRAINT tasks_worker_fkey FOREIGN KEY (organization_id, worker_id)
REFERENCES workers (organization_id, id) ON DELETE SET NULL (worker_id) NOT VALID,
ADD CONSTRAINT tasks_issue_number_positive CHECK (issue_number > 0) NOT VALID,
ADD CONSTRAINT tasks_max_retries_range CHECK (max_retries BETWEEN 0 AND 100) NOT VALID,
ADD CONSTRAINT tasks_retry_count_range CHECK (retry_count BETWEEN 0 AND max_retries) NOT VALID,
ADD CONSTRAINT tasks_timeout_seconds_range CHECK (timeout_seconds BETWEEN 1 AND 604800) NOT VALID,
ADD CONSTRAINT tasks_started_whole CHECK (
    CASE status WHEN 'pending' THEN started_at IS NULL WHEN 'cancelled' THEN true ELSE started_at IS NOT NULL END
) NOT VALID,
ADD CONSTRAINT tasks_completed_whole CHECK ((status = 'completed') = (completed_at IS NOT NULL)) NOT VALID,
ADD CONSTRAINT tasks_failed_whole CHECK ((status = 'failed') = (failed_at IS NOT NULL)) NOT VALID,
ADD CONSTRAINT tasks_cancelled_whole CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL)) NOT VALID,
ADD CONSTRAINT tasks_result_form CHECK (
    result IS NULL OR (status = 'completed' AND jsonb_typeof(result) = 'object' AND octet_length(result::text) <= 65536)
) NOT VALID,
ADD CONSTRAINT tasks_error_form CHECK (
    error IS NULL OR (status = 'failed' AND char_length(error) BETWEEN 1 AND 10000)
) NOT VALID;

-- for the lists of a worker's, a repository's and a team's tasks, and for the foreign keys; built within the
-- migration: an index of a column that was just added has no entry
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tasks_worker ON tasks (organization_id, worker_id, created_at DESC, id DESC) WHERE worker_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tasks_repository ON tasks (organization_id, repository_id, created_at DESC, id DESC)
WHERE repository_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX tasks_team ON tasks (organization_id, team_id, created_at DESC, id DESC) WHERE team_id IS NOT NULL;

-- The app role makes tasks pending and moves them, but names no time and no count: those are the triggers'.
REVOKE INSERT ON tasks FROM miyabi_app;
GRANT INSERT (
    organization_id, id, name, description, priority, agent_type, team_id, repository_id, worker_id, issue_number,
    max_retries, timeout_seconds
), UPDATE (
    status, worker_id, result, error
) ON tasks TO miyabi_app;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

REVOKE UPDATE, INSERT ON tasks FROM miyabi_app;
GRANT INSERT ON tasks TO miyabi_app;
ALTER TABLE tasks
DROP COLUMN team_id,
DROP COLUMN repository_id,
DROP COLUMN worker_id,
DROP COLUMN issue_number,
DROP COLUMN max_retries,
DROP COLUMN retry_count,
DROP COLUMN timeout_seconds,
DROP COLUMN started_at,
DROP COLUMN completed_at,
DROP COLUMN failed_at,
DROP COLUMN cancelled_at,
DROP COLUMN result,
DROP COLUMN error,
ALTER COLUMN created_at SET DEFAULT now(),
ALTER COLUMN updated_at SET DEFAULT now();
