-- +goose Up
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- A constraint that was added to a table with rows is validated in a transaction of its own: this one reads the table
-- without keeping others from writing to it.
ALTER TABLE tasks
VALIDATE CONSTRAINT tasks_team_fkey,
VALIDATE CONSTRAINT tasks_repository_fkey,
VALIDATE CONSTRAINT tasks_worker_fkey,
VALIDATE CONSTRAINT tasks_issue_number_positive,
VALIDATE CONSTRAINT tasks_max_retries_range,
VALIDATE CONSTRAINT tasks_retry_count_range,
VALIDATE CONSTRAINT tasks_timeout_seconds_range,
VALIDATE CONSTRAINT tasks_started_whole,
VALIDATE CONSTRAINT tasks_completed_whole,
VALIDATE CONSTRAINT tasks_failed_whole,
VALIDATE CONSTRAINT tasks_cancelled_whole,
VALIDATE CONSTRAINT tasks_result_form,
VALIDATE CONSTRAINT tasks_error_form;

-- +goose Down
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '60s';

-- a constraint that was validated holds for the schema before as well
