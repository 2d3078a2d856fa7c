with

versions as (

    select * from {{ ref('stg_zephyr__test_cases') }}

),

ranked as (

    select
        *,
        count(*) over (partition by test_case_id) as version_count,
        count(case when not is_deleted then 1 end) over (
            partition by test_case_id
        ) as live_version_count,
        row_number() over (
            partition by test_case_id
            order by cast(test_case_version_id as bigint) desc
        ) as newest_rank
    from versions
    where test_case_id is not null

),

newest as (

    select
        test_case_id,
        test_case_version_id as newest_version_id,
        test_case_name,
        priority,
        tags,
        requirement_ids,
        version_count,
        estimated_time,
        is_automated,
        live_version_count = 0 as is_deleted,
        modified_at
    from ranked
    where newest_rank = 1

)

select * from newest
