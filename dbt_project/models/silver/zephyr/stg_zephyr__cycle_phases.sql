with

cycle_phases as (

    {{
        newest_version(
            source('raw_zephyr', 'cycle_phases'),
            source('raw_zephyr', '_dlt_loads')
        )
    }}

),

renamed as (

    select
        -- ids
        cast(id as string) as cycle_phase_id,
        cast(cycleId as string) as cycle_id,
        cast(tcrCatalogTreeId as string) as folder_id,

        -- strings
        name as cycle_phase_name,

        -- booleans
        freeForm as is_free_form,

        -- dates
        cast({{ from_epoch_milliseconds('startDate') }} as date) as start_date,
        cast({{ from_epoch_milliseconds('endDate') }} as date) as end_date,

        -- lineage
        _run_id as run_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from cycle_phases

)

select * from renamed
