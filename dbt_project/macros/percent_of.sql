{# Part of a whole in percent, to two digits; null when the whole is empty. #}
{% macro percent_of(part, whole) -%}
    cast(round(100.0 * {{ part }} / nullif({{ whole }}, 0), 2) as decimal(5, 2))
{%- endmacro %}
