{#
    The rows of a CTE, in an incremental build those that the model does not hold as they are. They
    are compared column by column and not by the loads they come from, so that an incremental build
    gives what a full refresh does, whatever was built before it and in whichever order. Computing
    is cheap; writing and indexing rows is not.
#}
{% macro only_changed(made) -%}
    select {{ made }}.*
    from {{ made }}
    {%- if is_incremental() %}
    {%- set key = config.get('unique_key') %}
    left join {{ this }} as held on {{ made }}.{{ key }} = held.{{ key }}
    where
        held.{{ key }} is null
        {%- for column in adapter.get_columns_in_relation(this)
            if column.name in model.columns %}
        or {{ made }}.{{ column.name }} is distinct from held.{{ column.name }}
        {%- endfor %}
    {%- endif %}
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
