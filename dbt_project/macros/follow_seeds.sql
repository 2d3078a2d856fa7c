{# Before an incremental build: what the seed `statuses` makes by now of the statuses of an object,
   also in rows that no load touches again. #}
{% macro follow_statuses(object, status='status') -%}
    {%- if is_incremental() -%}
        {%- set phase -%}
            coalesce((
                select statuses.phase
                from {{ ref('statuses') }} as statuses
                where statuses.object = '{{ object }}' and statuses.status = held.{{ status }}
            ), 'unknown')
        {%- endset -%}
        update {{ this }} as held
        set status_phase = {{ phase }}
        where held.status_phase != {{ phase }}
    {%- endif -%}
{%- endmacro %}


{# The same of the seed `execution_statuses`. #}
{% macro follow_execution_statuses() -%}
    {%- if is_incremental() -%}
        update {{ this }} as held
        set
            status = meant.status,
            is_executed = meant.is_executed
        from (
            select
                codes.status_code,
                coalesce(seeded.status, 'unknown') as status,
                coalesce(seeded.is_executed, true) as is_executed
            from (select distinct held.status_code from {{ this }} as held) as codes
            left join {{ ref('execution_statuses') }} as seeded
                on codes.status_code = seeded.status_code
        ) as meant
        where
            held.status_code = meant.status_code
            and (held.status != meant.status or held.is_executed != meant.is_executed)
    {%- endif -%}
{%- endmacro %}
