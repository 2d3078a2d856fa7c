{# The sum of the entries of one measure: a long table's rows become a column. #}
{% macro sum_of(measure) -%}
    cast(sum(case when measure = '{{ measure }}' then amount else 0 end) as bigint)
{%- endmacro %}
