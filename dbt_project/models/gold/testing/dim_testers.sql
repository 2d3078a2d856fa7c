with

executions as (

    select * from {{ ref('stg_zephyr__executions') }}

),

live_executions as (

    select * from {{ ref('fct_test_executions') }}

),

-- Names change: the one read last counts, also where all that was assigned has been deleted since.
ranked as (

    select
        tester_id,
        tester_name_token,
        min(assigned_at) over (partition by tester_id) as first_seen_at,
        max(greatest(assigned_at, executed_at)) over (partition by tester_id) as last_seen_at,
        row_number() over (
            partition by tester_id
            order by extracted_at desc, cast(execution_id as bigint) desc
        ) as newest_rank
    from executions
    where tester_id is not null

),

work_per_tester as (

    select
        tester_id,
        count(*) as planned_count,
        count(case when is_executed then 1 end) as executed_count,
        count(case when status = 'passed' then 1 end) as passed_count,
        count(case when status = 'failed' then 1 end) as failed_count
    from live_executions
    group by tester_id

),

joined as (

    select
        ranked.tester_id,
        ranked.tester_name_token,
        coalesce(work_per_tester.planned_count, 0) as planned_count,
        coalesce(work_per_tester.executed_count, 0) as executed_count,
        coalesce(work_per_tester.passed_count, 0) as passed_count,
        coalesce(work_per_tester.failed_count, 0) as failed_count,
        ranked.first_seen_at,
        ranked.last_seen_at
    from ranked
    left join work_per_tester on ranked.tester_id = work_per_tester.tester_id
    where ranked.newest_rank = 1

)

select * from joined
