with

cycles as (

    select * from {{ ref('dim_cycles') }}

),

newest_load as (

    select cast(max(completed_at) as date) as load_date
    from {{ ref('stg_zephyr__loads') }}

),

work_per_cycle as (

    select
        cycle_id,
        min(first_date) as first_work,
        max(first_date) as last_work
    from {{ ref('int_testing__daily_statuses') }}
    group by cycle_id

),

-- Work may begin before the planned first day and go on after the last.
spans as (

    select
        cycles.cycle_id,
        cycles.end_date,
        {{ days_between('cycles.start_date', 'cycles.end_date') }} + 1 as plan_days,
        coalesce(
            least(cycles.start_date, work_per_cycle.first_work),
            cast(cycles.created_at as date)
        ) as first_date,
        least(
            greatest(coalesce(cycles.end_date, newest_load.load_date), work_per_cycle.last_work),
            newest_load.load_date
        ) as last_date
    from cycles
    cross join newest_load
    left join work_per_cycle on cycles.cycle_id = work_per_cycle.cycle_id
    where not cycles.is_deleted

),

-- A date that cannot be, of the year 1, must not make a row of every day since.
days as (

    select
        *,
        {{
            each_day(
                'greatest(first_date, cast(last_date - interval 999 day as date))', 'last_date'
            )
        }} as progress_date
    from spans
    where first_date is not null

),

-- A cycle without both dates, or that ends before it begins, has no plan to compare with.
planned as (

    select
        cycle_id,
        case when plan_days > 0 then plan_days end as plan_days,
        case
            when plan_days > 0
                then least(greatest({{ days_between('progress_date', 'end_date') }}, 0), plan_days)
        end as plan_days_left,
        progress_date = last_date as is_latest,
        progress_date
    from days

)

select * from planned
