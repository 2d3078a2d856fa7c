{{ config(pre_hook="{{ remove_touched('payments', 'customers', key='customer_id') }}") }}

with

customers as (

    {{ all_versions('payments', 'customers') }}

),

renamed as (

    select
        -- ids
        id as customer_id,

        -- strings
        currency,
        email as email_token,
        name as name_token,
        {{ json_value('address', '$.country') }} as country,
        tax_exempt,

        -- numerics
        balance,

        -- booleans
        delinquent as is_delinquent,
        coalesce(deleted, false) as is_gone,

        -- lineage
        _run_id as run_id,
        _dlt_load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at,
        _payload_sha256 as payload_sha256

    from customers

),

history as (

    {{
        periods('renamed', 'payments', 'customers', key='customer_id', attributes=[
            'currency', 'email_token', 'name_token', 'country', 'tax_exempt', 'balance',
            'is_delinquent',
        ])
    }}

)

select * from history
