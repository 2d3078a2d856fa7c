{#
    The rows of a CTE, in an incremental build those that the model does not hold as they are. All
    columns are compared and not the loads they come from, so that an incremental build gives what a
    full refresh does, whatever was built before it and in whichever order. Writing and indexing a
    row costs more than computing and comparing it.
#}
{% macro only_changed(made) -%}
    select {{ made }}.*
    from {{ made }}
    {%- if is_incremental() %}
    {%- set columns = adapter.get_columns_in_relation(this) %}
    where {{ row_hash(made, columns) }} not in (
        select {{ row_hash('held', columns) }} from {{ this }} as held
    )
    {%- endif %}
{%- endmacro %}


{# A hash of 64 bits of a row, of its columns' values as the table has them. #}
{% macro row_hash(relation, columns) -%}
    {{ adapter.dispatch('row_hash')(relation, columns) }}
{%- endmacro %}


{# As JSON, for the hash itself passes a null by, in whichever column it stands. #}
{% macro default__row_hash(relation, columns) -%}
    xxhash64(to_json(struct({{ values_of(relation, columns) }})))
{%- endmacro %}


{% macro duckdb__row_hash(relation, columns) -%}
    hash({{ values_of(relation, columns) }})
{%- endmacro %}


{% macro values_of(relation, columns) -%}
    {%- for column in columns if column.name in model.columns %}
        {{ ',' if not loop.first }}cast({{ relation }}.{{ column.name }} as {{ column.data_type }})
    {%- endfor %}
{%- endmacro %}


{# Before an incremental build: takes out the keys that the API has deleted since. Delete+insert
   replaces only the keys it brings. #}
{% macro remove_deleted(staged) -%}
    {%- if is_incremental() -%}
        {%- set key = config.get('unique_key') -%}
        delete from {{ this }}
        where {{ key }} in (select staged.{{ key }} from {{ staged }} as staged where staged.is_deleted)
    {%- endif -%}
{%- endmacro %}


{# Before an incremental build: takes out the keys that the table it is made of has no longer. #}
{% macro remove_missing(parent) -%}
    {%- if is_incremental() -%}
        {%- set key = config.get('unique_key') -%}
        delete from {{ this }}
        where {{ key }} not in (select parent.{{ key }} from {{ parent }} as parent)
    {%- endif -%}
{%- endmacro %}
