{#
    Per entity of a source: keys of completed loads that are not where they should be (in Silver, or
    with the rejects when every version breaks a hard rule), and keys there that no load has.
#}
{% macro unbalanced_keys(source_name) -%}
    {%- for table in hard_rules()[source_name] %}
    {%- set model = 'stg_' ~ source_name ~ '__' ~ table %}
    select
        '{{ model }}' as model,
        coalesce(loaded.key, kept.key) as key,
        coalesce(loaded.is_rejected, kept.is_rejected) as is_rejected,
        kept.key is null as is_lost
    from (
        select
            cast(id as string) as key,
            min(case when {{ broken_hard_rule(source_name, table) }} is null then 0 else 1 end)
                as is_rejected
        from {{ source('raw_' ~ source_name, table) }}
        where _dlt_load_id in ({{ completed_loads(source_name) }})
        group by key
    ) as loaded
    full outer join (
        select
            key,
            min(is_rejected) as is_rejected
        from (
            select
                {{ unique_key_of(model) }} as key,
                0 as is_rejected
            from {{ ref(model) }}

            union all

            select
                rejects.key,
                1 as is_rejected
            from {{ ref('rejects') }} as rejects
            where rejects.model = '{{ model }}'
        ) as places
        group by key
    ) as kept on loaded.key = kept.key and loaded.is_rejected = kept.is_rejected
    where loaded.key is null or kept.key is null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{# The key column of a model, once dbt has read the project. #}
{% macro unique_key_of(model) -%}
    {{ graph.nodes['model.' ~ project_name ~ '.' ~ model].config.unique_key if execute else 'id' }}
{%- endmacro %}
