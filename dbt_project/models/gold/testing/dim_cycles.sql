with

cycles as (

    select * from {{ ref('stg_zephyr__cycles') }}

),

releases as (

    select * from {{ ref('dim_releases') }}

),

cycle_phases as (

    select * from {{ ref('stg_zephyr__cycle_phases') }}

),

phases_per_cycle as (

    select
        cycle_id,
        count(*) as cycle_phase_count
    from cycle_phases
    where not is_deleted
    group by cycle_id

),

joined as (

    select
        cycles.cycle_id,
        cycles.release_id,
        releases.project_id,
        cycles.cycle_name,
        releases.release_name,
        cycles.environment,
        cycles.build,
        coalesce(phases_per_cycle.cycle_phase_count, 0) as cycle_phase_count,
        cycles.is_closed,
        cycles.is_deleted or coalesce(releases.is_deleted, false) as is_deleted,
        cycles.start_date,
        cycles.end_date,
        cycles.created_at
    from cycles
    left join releases on cycles.release_id = releases.release_id
    left join phases_per_cycle on cycles.cycle_id = phases_per_cycle.cycle_id

)

select * from joined
