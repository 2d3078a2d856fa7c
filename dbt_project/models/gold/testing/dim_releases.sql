with

releases as (

    select * from {{ ref('stg_zephyr__releases') }}

),

projects as (

    select * from {{ ref('dim_projects') }}

),

cycles as (

    select * from {{ ref('stg_zephyr__cycles') }}

),

cycles_per_release as (

    select
        release_id,
        count(*) as cycle_count
    from cycles
    where not is_deleted
    group by release_id

),

joined as (

    select
        releases.release_id,
        releases.project_id,
        releases.release_name,
        projects.project_name,
        coalesce(cycles_per_release.cycle_count, 0) as cycle_count,
        releases.is_completed,
        releases.is_deleted or coalesce(projects.is_deleted, false) as is_deleted,
        releases.start_date,
        releases.end_date,
        releases.created_at
    from releases
    left join projects on releases.project_id = projects.project_id
    left join cycles_per_release on releases.release_id = cycles_per_release.release_id

)

select * from joined
