with

charges as (

    select * from {{ ref('stg_payments__charges') }}

),

refunds as (

    select * from {{ ref('stg_payments__refunds') }}

),

disputes as (

    select * from {{ ref('stg_payments__disputes') }}

),

payouts as (

    select * from {{ ref('stg_payments__payouts') }}

),

sources as (

    select
        charge_id as source_id,
        charge_id,
        'charge' as source_type,
        load_id
    from charges

    union all

    select
        refund_id as source_id,
        charge_id,
        'refund' as source_type,
        load_id
    from refunds

    union all

    select
        dispute_id as source_id,
        charge_id,
        'dispute' as source_type,
        load_id
    from disputes

    union all

    select
        payout_id as source_id,
        cast(null as varchar) as charge_id,
        'payout' as source_type,
        load_id
    from payouts

),

changed as (

    select * from sources
    {% if is_incremental() %} where load_id > {{ newest_load() }} {% endif %}

)

select * from changed
