{# Before an incremental build: takes out the keys that the API has deleted since. Delete+insert
   replaces only the keys it brings. #}
{% macro remove_deleted(staged) -%}
    {%- if is_incremental() -%}
        {%- set key = config.get('unique_key') -%}
        delete from {{ this }}
        where {{ key }} in (select staged.{{ key }} from {{ staged }} as staged where staged.is_deleted)
    {%- endif -%}
{%- endmacro %}
