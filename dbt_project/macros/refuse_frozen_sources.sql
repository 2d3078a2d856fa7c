{# Before a model is built: stops when a source it is derived from is frozen. As a hook it is
   rendered only when a model is materialized; parse, compile, docs and unit tests do not meet it.
   What the model is derived from is looked up only while something is frozen. #}
{% macro refuse_frozen_sources() %}
    {%- if execute -%}
        {%- for freeze in active_freezes()
            if 'raw_' ~ freeze['source'] in upstream_sources(model) -%}
            {%- do exceptions.raise_compiler_error(
                '[FREEZE001] source ' ~ freeze['source'] ~ ' is frozen since ' ~ freeze['since']
                ~ ' because of ' ~ freeze['entity'] ~ ': ' ~ freeze['reason']
                ~ '; next step: have the source or its contract put right (`hallmark contracts'
                ~ ' accept-drift ' ~ freeze['source'] ~ '`) and load again, or build in spite of it'
                ~ ' (`hallmark freeze lift ' ~ freeze['source'] ~ ' --reason …`)'
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}


{# Oldest first; none where no load has made the table yet. #}
{% macro active_freezes() %}
    {%- set any_source = graph.sources.values() | first -%}
    {%- set freezes = adapter.get_relation(
        database=any_source.database, schema='control', identifier='freeze'
    ) -%}
    {%- if freezes is none -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set query -%}
        select source, entity, strftime(frozen_at, '%Y-%m-%d %H:%M UTC') as since, reason
        from {{ freezes }}
        where lifted_at is null
        order by frozen_at
    {%- endset -%}
    {{- return(run_query(query)) -}}
{% endmacro %}


{# The names of the dbt sources that a node is derived from, however far above it. #}
{% macro upstream_sources(node) %}
    {%- set found = [] -%}
    {%- for name in node.depends_on.nodes -%}
        {%- if name in graph.sources -%}
            {%- do found.append(graph.sources[name].source_name) -%}
        {%- elif name in graph.nodes -%}
            {%- do found.extend(upstream_sources(graph.nodes[name])) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{% endmacro %}
