{#
    The rows of a raw table whose load was completed. A load is not atomic: rows of a killed run
    stay in the table until the next run removes them.
#}
{% macro completed_rows(relation, loads) -%}
    select *
    from {{ relation }}
    where _dlt_load_id in (select loads.load_id from {{ loads }} as loads where loads.status = 0)
{%- endmacro %}


{# One row per key: the version extracted last. The hash decides between equal times, so that a
   rebuild gives the same rows. #}
{% macro newest_version(relation, loads, key='id') -%}
    select *
    from (
        select
            completed.*,
            row_number() over (
                partition by completed.{{ key }}
                order by
                    completed._extracted_at desc,
                    completed._dlt_load_id desc,
                    completed._payload_sha256 desc
            ) as version_rank
        from ({{ completed_rows(relation, loads) }}) as completed
    ) as ranked
    where version_rank = 1
{%- endmacro %}
