with

projects as (

    select * from {{ ref('stg_zephyr__projects') }}

),

releases as (

    select * from {{ ref('stg_zephyr__releases') }}

),

releases_per_project as (

    select
        project_id,
        count(*) as release_count
    from releases
    where not is_deleted
    group by project_id

),

joined as (

    select
        projects.project_id,
        projects.project_name,
        projects.status_code,
        coalesce(releases_per_project.release_count, 0) as release_count,
        projects.is_active,
        projects.is_deleted,
        projects.start_date,
        projects.created_at
    from projects
    left join releases_per_project on projects.project_id = releases_per_project.project_id

)

select * from joined
