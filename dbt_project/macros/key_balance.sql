{#
    Per entity of a source: keys of completed loads that are not where they should be (in Silver, or
    with the rejects when every version breaks a hard rule), keys there that no load has, and keys
    whose row in Silver is not of the version that was extracted last.
#}
{% macro unbalanced_keys(source_name) -%}
    {%- for table in hard_rules()[source_name] %}
    {%- set model = 'stg_' ~ source_name ~ '__' ~ table %}
    select
        '{{ model }}' as model,
        coalesce(loaded.key, kept.key) as key,
        coalesce(loaded.is_rejected, kept.is_rejected) as is_rejected,
        kept.key is null as is_lost,
        loaded.extracted_at as loaded_at,
        kept.extracted_at as kept_at
    from (
        select
            cast(id as string) as key,
            min(case when {{ broken_hard_rule(source_name, table) }} is null then 0 else 1 end)
                as is_rejected,
            max(
                case when {{ broken_hard_rule(source_name, table) }} is null
                    then {{ in_utc('_extracted_at') }} end
            ) as extracted_at
        from {{ source('raw_' ~ source_name, table) }}
        where _dlt_load_id in ({{ completed_loads(source_name) }})
        group by key
    ) as loaded
    full outer join (
        select
            key,
            min(is_rejected) as is_rejected,
            max(extracted_at) as extracted_at
        from (
            select
                {{ unique_key_of(model) }} as key,
                0 as is_rejected,
                extracted_at
            from {{ ref(model) }}

            union all

            select
                rejects.key,
                1 as is_rejected,
                cast(null as timestamp) as extracted_at
            from {{ ref('rejects') }} as rejects
            where rejects.model = '{{ model }}'
        ) as places
        group by key
    ) as kept on loaded.key = kept.key and loaded.is_rejected = kept.is_rejected
    where
        loaded.key is null
        or kept.key is null
        or loaded.extracted_at is distinct from kept.extracted_at
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The key column of a model, once dbt has read the project. #}
{% macro unique_key_of(model) -%}
    {{ graph.nodes['model.' ~ project_name ~ '.' ~ model].config.unique_key if execute else 'id' }}
{%- endmacro %}


{# Keys with another number of current periods in their history than they should have: one, and none
   where they are deleted. `histories` maps each history to what is staged of its keys. #}
{% macro unbalanced_periods(histories) -%}
    {%- for history, staged in histories.items() %}
    {%- set key = unique_key_of(staged) %}
    select
        '{{ history }}' as model,
        {{ key }} as key,
        sum(wanted) as wanted,
        sum(found) as found
    from (
        select
            {{ key }},
            case when is_deleted then 0 else 1 end as wanted,
            0 as found
        from {{ ref(staged) }}

        union all

        select
            {{ key }},
            0 as wanted,
            1 as found
        from {{ ref(history) }}
        where is_current
    ) as periods
    group by {{ key }}
    having sum(wanted) != sum(found)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
