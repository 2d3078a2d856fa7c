-- Fails if a change of status does not begin where the one before it ended, changes nothing, or if
-- the last one of an execution does not end at the status it has.
with

changes as (

    select
        *,
        lag(to_status_code) over (
            partition by execution_id order by change_number
        ) as status_code_before,
        lead(change_number) over (
            partition by execution_id order by change_number
        ) as next_number
    from {{ ref('fct_execution_status_changes') }}

)

select
    changes.execution_id,
    changes.change_number
from changes
inner join {{ ref('fct_test_executions') }} as executions
    on changes.execution_id = executions.execution_id
where
    changes.from_status_code = changes.to_status_code
    or changes.from_status_code != changes.status_code_before
    or (changes.next_number is null and changes.to_status_code != executions.status_code)
    or coalesce(changes.next_number, changes.change_number + 1) != changes.change_number + 1
    or (changes.status_code_before is null and changes.change_number != 1)
