{# Part of a whole in percent, to two digits; null when the whole is empty. #}
{% macro percent_of(part, whole) -%}
    cast(round(100.0 * {{ part }} / nullif({{ whole }}, 0), 2) as decimal(5, 2))
{%- endmacro %}


{# Whether a part of a whole reaches a threshold in percent, a var of dbt_project.yml; counted out
   without rounding, 94.999 % are not 95 %. Nothing of nothing reaches it. #}
{% macro reaches(part, whole, threshold) -%}
    100 * {{ part }} >= {{ var(threshold) }} * {{ whole }}
{%- endmacro %}
