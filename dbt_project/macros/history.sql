{# Every valid version of the objects, in an incremental build of those touched since the last. #}
{% macro all_versions(source_name, table) -%}
    {{ valid_versions(source_name, table) }}
        {{ of_touched_keys(source_name, table) }}
{%- endmacro %}


{#
    One row per key and period in which its attributes stayed the same (slowly changing dimension of
    type 2). `versions` names a CTE of the key, the attributes, `is_gone`, `run_id`, `load_id`,
    `extracted_at` and `payload_sha256`. A period begins when it was first seen; a deletion ends it,
    and an object that comes back begins another. What is `carried` is the period's first.
#}
{% macro periods(versions, source_name, table, key, attributes, carried=[]) -%}
    with

    states as (

        select
            {{ key }},
            {% for column in attributes + carried -%}
            {{ column }},
            {% endfor -%}
            is_gone,
            run_id,
            load_id,
            extracted_at,
            payload_sha256
        from {{ versions }}

        union all

        select
            deletions.key as {{ key }},
            {% for column in attributes + carried -%}
            null as {{ column }},
            {% endfor -%}
            true as is_gone,
            null as run_id,
            deletions.load_id,
            {{ in_utc('deletions.noticed_at') }} as extracted_at,
            null as payload_sha256
        from ({{ noticed_deletions(source_name, table) }}) as deletions
        where deletions.key in (select versions.{{ key }} from {{ versions }} as versions)

    ),

    -- Of two states of one moment the one loaded last was true at its end.
    ranked as (

        select
            *,
            row_number() over (
                partition by {{ key }}, extracted_at order by load_id desc, payload_sha256 desc
            ) as moment_rank
        from states

    ),

    compared as (

        select
            *,
            row_number() over (in_order) = 1
            or is_gone != lag(is_gone) over (in_order)
            {%- for attribute in attributes %}
            or {{ attribute }} is distinct from lag({{ attribute }}) over (in_order)
            {%- endfor %} as is_change
        from ranked
        where moment_rank = 1
        window in_order as (partition by {{ key }} order by extracted_at)

    ),

    changes as (

        select
            *,
            lead(extracted_at) over (in_order) as valid_to
        from compared
        where is_change
        window in_order as (partition by {{ key }} order by extracted_at)

    )

    select
        {{ key }},
        {% for column in attributes + carried -%}
        {{ column }},
        {% endfor -%}
        row_number() over (partition by {{ key }} order by extracted_at) as version_number,
        valid_to is null as is_current,
        extracted_at as valid_from,
        valid_to,
        run_id,
        load_id
    from changes
    where not is_gone
{%- endmacro %}


{#
    Before an incremental build: takes out the keys that are derived anew. Delete+insert replaces
    those it brings rows of; one whose only version turns out to be a deletion has none left.
#}
{% macro remove_touched(source_name, table, key) -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where {{ key }} in ({{ touched_keys(source_name, table) }})
    {%- endif -%}
{%- endmacro %}
