{# One row per day from the first to the last, both included; none when either is null. #}
{% macro each_day(first, last) -%}
    {{ adapter.dispatch('each_day')(first, last) }}
{%- endmacro %}


{% macro default__each_day(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 day))
{%- endmacro %}


{% macro duckdb__each_day(first, last) -%}
    cast(unnest(generate_series({{ first }}, {{ last }}, interval 1 day)) as date)
{%- endmacro %}


{# One row per item of a JSON list, as text; none when it is empty or null. #}
{% macro each_item(column) -%}
    {{ adapter.dispatch('each_item')(column) }}
{%- endmacro %}


{% macro default__each_item(column) -%}
    explode(from_json({{ column }}, 'array<string>'))
{%- endmacro %}


{% macro duckdb__each_item(column) -%}
    unnest(json_extract_string({{ column }}, '$[*]'))
{%- endmacro %}
