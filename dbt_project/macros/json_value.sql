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


{# The whole number at a path in a JSON column; null where there is none. #}
{% macro json_integer(column, path) -%}
    {{ safe_cast(json_value(column, path), 'bigint') }}
{%- endmacro %}


{# The instant at a path in a JSON column that holds seconds since 1970. #}
{% macro seconds_at(column, path) -%}
    {{ from_epoch_seconds(json_integer(column, path)) }}
{%- endmacro %}


{# The instant at a path in a JSON column that holds milliseconds since 1970. #}
{% macro milliseconds_at(column, path) -%}
    {{ from_epoch_milliseconds(json_integer(column, path)) }}
{%- endmacro %}
