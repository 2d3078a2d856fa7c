with

execution_statuses as (

    select * from {{ ref('scd_zephyr__execution_statuses') }}

),

executions as (

    select * from {{ ref('fct_test_executions') }}

),

-- A result counts from when it was recorded, at the latest from when it was seen.
seen as (

    select
        executions.execution_id,
        executions.cycle_id,
        execution_statuses.version_number,
        execution_statuses.status,
        execution_statuses.is_executed,
        executions.assigned_at,
        least(
            case
                when execution_statuses.is_executed then execution_statuses.executed_at
                when execution_statuses.version_number = 1 then executions.assigned_at
            end,
            execution_statuses.valid_from
        ) as began_at
    from execution_statuses
    inner join executions on execution_statuses.execution_id = executions.execution_id

),

-- From its assignment to its first result an execution is planned, whether or not a load saw that.
stretches as (

    select * from seen

    union all

    select
        execution_id,
        cycle_id,
        0 as version_number,
        'not_executed' as status,
        false as is_executed,
        assigned_at,
        least(assigned_at, began_at) as began_at
    from seen
    where version_number = 1 and is_executed

),

dated as (

    select
        execution_id,
        cycle_id,
        version_number,
        status,
        is_executed,
        cast(max(began_at) over (execution_stretches) as date) as first_date
    from stretches
    window execution_stretches as (partition by execution_id order by version_number)

),

followed as (

    select
        *,
        lead(first_date) over (partition by execution_id order by version_number) as next_date
    from dated

)

select * from followed
