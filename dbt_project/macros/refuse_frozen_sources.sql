{# Before a model is built: stops when a source it is derived from is frozen. As a hook it is
   rendered only when a model is materialized; parse, compile, docs and unit tests do not meet it. #}
{% macro refuse_frozen_sources() %}
    {%- if execute -%}
        {%- set upstream = upstream_sources(model) -%}
        {%- if upstream -%}
            {%- set freezes = adapter.get_relation(
                database=upstream[0].database, schema='control', identifier='freeze'
            ) -%}
            {%- if freezes is not none -%}
                {{- refuse_if_frozen(freezes, upstream | map(attribute='source_name') | unique) -}}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro refuse_if_frozen(freezes, source_names) %}
    {%- set query -%}
        select source, entity, strftime(frozen_at, '%Y-%m-%d %H:%M UTC') as since, reason
        from {{ freezes }}
        where
            lifted_at is null
            and 'raw_' || source in ('{{ source_names | join("', '") }}')
        order by frozen_at
    {%- endset -%}
    {%- set active = run_query(query) -%}
    {%- for freeze in active -%}
        {%- do exceptions.raise_compiler_error(
            '[FREEZE001] source ' ~ freeze['source'] ~ ' is frozen since ' ~ freeze['since']
            ~ ' because of ' ~ freeze['entity'] ~ ': ' ~ freeze['reason']
            ~ '; next step: have the source or its contract put right (`hallmark contracts'
            ~ ' accept-drift ' ~ freeze['source'] ~ '`) and load again, or build in spite of it'
            ~ ' (`hallmark freeze lift ' ~ freeze['source'] ~ ' --reason …`)'
        ) -%}
    {%- endfor -%}
{% endmacro %}


{# The dbt sources a node is derived from, however far above it. #}
{% macro upstream_sources(node) %}
    {%- set found = [] -%}
    {%- for name in node.depends_on.nodes -%}
        {%- if name in graph.sources -%}
            {%- do found.append(graph.sources[name]) -%}
        {%- elif name in graph.nodes -%}
            {%- do found.extend(upstream_sources(graph.nodes[name])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
