-- Fails if the statuses of a day of a cycle do not add up to what was executed and planned, or what
-- is done and what is left to do do not.
select
    cycle_id,
    progress_date
from {{ ref('rpt_cycle_progress') }}
where
    passed_count + failed_count != completed_count
    or completed_count + blocked_count + in_progress_count + unknown_count != executed_count
    or executed_count + not_executed_count != planned_count
    or completed_count + remaining_count != planned_count
