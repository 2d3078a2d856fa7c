{{ config(materialized='table') }}

with

rejects as (

    {% for source_name, tables in hard_rules().items() %}
    {% set last_source = loop.last %}
    {% for table in tables %}
    select
        'stg_{{ source_name }}__{{ table }}' as model,
        cast(id as string) as key,
        {{ broken_hard_rule(source_name, table) }} as reason,
        _payload_sha256 as payload_sha256,
        _run_id as run_id,
        _dlt_load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at
    from {{ source('raw_' ~ source_name, table) }}
    where
        {{ broken_hard_rule(source_name, table) }} is not null
        and _dlt_load_id in ({{ completed_loads(source_name) }})
    {{ 'union all' if not (loop.last and last_source) }}
    {% endfor %}
    {% endfor %}

)

select * from rejects
