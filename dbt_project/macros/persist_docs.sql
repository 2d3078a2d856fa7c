{# Comments on a table and its columns in one statement. An enforced contract has the columns that
   are described: dbt's own macro asks the database for them, twice a model. #}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- do run_query(
        alter_relation_comment(relation, model.description) ~ column_comments(relation, model.columns)
    ) -%}
{%- endmacro %}


{% macro column_comments(relation, columns) -%}
    {%- for column in columns.values() %}
        comment on column {{ relation }}.{{ adapter.quote(column.name) }}
        is {{ duckdb_escape_comment(column.description) }};
    {%- endfor %}
{%- endmacro %}
