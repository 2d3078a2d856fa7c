{#
    The incremental strategy `differences`: a model computes all its rows, and those that are not as
    it holds them are written. So what it holds is what a full refresh gives, whatever was built
    before it and in whichever order. Computing is cheap; writing and indexing rows is not.
#}
{% macro get_incremental_differences_sql(arg_dict) -%}
    {%- set held, made = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set key = arg_dict['unique_key'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | list -%}

    delete from {{ held }}
    where {{ key }} in (
        select held.{{ key }}
        from {{ held }} as held
        left join {{ made }} as made on held.{{ key }} = made.{{ key }}
        where
            made.{{ key }} is null
            {%- for column in columns %}
            or made.{{ column }} is distinct from held.{{ column }}
            {%- endfor %}
    );

    insert into {{ held }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from {{ made }}
    where {{ key }} not in (select held.{{ key }} from {{ held }} as held)
{%- endmacro %}
