{#
    Minor units as an exact decimal of the currency's major unit: 1099 with 2 digits is 10.990.
    It multiplies because DuckDB's division of decimals is a float. Null where the digits are
    unknown: a guess would be wrong by a factor of a hundred.
#}
{% macro minor_to_major(amount, currency_digits) -%}
    cast(
        cast({{ amount }} as decimal(19, 0))
        * case {{ currency_digits }}
            when 0 then cast(1 as decimal(4, 3))
            when 2 then cast(0.01 as decimal(4, 3))
            when 3 then cast(0.001 as decimal(4, 3))
        end
        as decimal(22, 3)
    )
{%- endmacro %}
