{#
    Per currency: rows and amounts of a fact that are not those of the staged rows it is made of,
    as what it has more of them.
#}
{% macro unequal_totals(fact, staged, amounts) -%}
    select
        '{{ fact }}' as fact,
        currency,
        sum(row_count) as row_count
        {%- for amount in amounts %},
        sum({{ amount }}) as {{ amount }}
        {%- endfor %}
    from (
        select
            currency,
            1 as row_count,
            {{ amounts | join(',\n            ') }}
        from {{ ref(fact) }}

        union all

        select
            currency,
            -1 as row_count
            {%- for amount in amounts %},
            -{{ amount }} as {{ amount }}
            {%- endfor %}
        from {{ ref(staged) }}
        where not is_deleted
    ) as signed
    group by currency
    having
        sum(row_count) != 0
        {%- for amount in amounts %}
        or sum({{ amount }}) != 0
        {%- endfor %}
{%- endmacro %}
