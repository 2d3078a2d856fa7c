{#
    The rows of a raw table that count: their load was completed, and they break no hard rule. A
    load is not atomic: rows of a killed run stay in the table until the next run removes them.
#}
{% macro valid_versions(source_name, table) -%}
    select *
    from {{ source('raw_' ~ source_name, table) }}
    where
        _dlt_load_id in ({{ completed_loads(source_name) }})
        and {{ broken_hard_rule(source_name, table) }} is null
{%- endmacro %}


{% macro completed_loads(source_name) -%}
    select loads.load_id
    from {{ source('raw_' ~ source_name, '_dlt_loads') }} as loads
    where loads.status = 0
{%- endmacro %}


{# When the API was seen to lack an object, as often as that was. #}
{% macro noticed_deletions(source_name, table) -%}
    select
        key,
        noticed_at,
        _dlt_load_id as load_id
    from {{ source('raw_' ~ source_name, '_deletions') }}
    where
        entity = '{{ table }}'
        and _dlt_load_id in ({{ completed_loads(source_name) }})
{%- endmacro %}


{#
    The keys that loads have touched since the newest one the model holds. What counts is when a row
    was loaded: a replay brings rows that were extracted long before.
#}
{% macro touched_keys(source_name, table) -%}
    select cast(id as string) as key
    from {{ source('raw_' ~ source_name, table) }}
    where _dlt_load_id > {{ newest_load() }}

    union

    select key
    from ({{ noticed_deletions(source_name, table) }}) as deletions
    where load_id > {{ newest_load() }}
{%- endmacro %}


{# In an incremental build the condition that a raw row's key is one that was touched. #}
{% macro of_touched_keys(source_name, table) -%}
    {%- if is_incremental() -%}
        {#- The rows that a unit test gives have no numbers. -#}
        {%- set find = default__touched_rows if model.resource_type == 'unit_test'
            else adapter.dispatch('touched_rows') %}
        and {{ find(source_name, table) }}
    {%- endif -%}
{%- endmacro %}


{% macro default__touched_rows(source_name, table) -%}
    cast(id as string) in ({{ touched_keys(source_name, table) }})
{%- endmacro %}


{# Rows are found by their keys alone and then fetched by their numbers: a scan that tests the key
   while it reads all columns unpacks every payload of the table. #}
{% macro duckdb__touched_rows(source_name, table) -%}
    rowid in (
        select rowid from {{ source('raw_' ~ source_name, table) }}
        where cast(id as string) in ({{ touched_keys(source_name, table) }})
    )
{%- endmacro %}


{# The newest load that the model holds rows of, '' when it holds none. Load ids sort by time. #}
{% macro newest_load() -%}
    (select coalesce(max(held.load_id), '') from {{ this }} as held)
{%- endmacro %}


{#
    One row per key, in an incremental build per key touched since the last: the version extracted
    last, with `_is_deleted`, `_deleted_at`, and `_load_id`, the newest load it is made of. The hash
    decides between equal times, so that a rebuild gives the same rows.
#}
{% macro newest_versions(source_name, table) -%}
    with

    versions as (

        {{ valid_versions(source_name, table) }}
        {{ of_touched_keys(source_name, table) }}

    ),

    ranked as (

        select
            *,
            row_number() over (
                partition by id
                order by _extracted_at desc, _dlt_load_id desc, _payload_sha256 desc
            ) as version_rank
        from versions

    ),

    deletions as (

        select
            key,
            max(noticed_at) as noticed_at,
            max(load_id) as load_id
        from ({{ noticed_deletions(source_name, table) }}) as noticed
        group by key

    )

    select
        ranked.*,
        deletions.key is not null as _is_deleted,
        deletions.noticed_at as _deleted_at,
        greatest(ranked._dlt_load_id, deletions.load_id) as _load_id
    from ranked
    -- An object that came back was extracted after it had been missed.
    left join deletions
        on cast(ranked.id as string) = deletions.key
        and ranked._extracted_at < deletions.noticed_at
    where ranked.version_rank = 1
{%- endmacro %}
