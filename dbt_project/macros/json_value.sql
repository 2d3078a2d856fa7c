{# The text at a path such as '$.card.brand' in a JSON column; null where the path is absent. #}
{% macro json_value(column, path) -%}
    {{ adapter.dispatch('json_value')(column, path) }}
{%- endmacro %}


{% macro default__json_value(column, path) -%}
    get_json_object({{ column }}, '{{ path }}')
{%- endmacro %}


{% macro duckdb__json_value(column, path) -%}
    json_extract_string({{ column }}, '{{ path }}')
{%- endmacro %}


{# The whole number at a path in a JSON column. #}
{% macro json_integer(column, path) -%}
    cast({{ json_value(column, path) }} as bigint)
{%- endmacro %}
